import type { FastifyPluginAsync } from 'fastify';

/** What a process says to whoever asks whether to restart it, or whether to send it requests. */
export interface Health {
  /** Null: it is no longer waited for. */
  wait(what: string, reason: string | null): void;
  drain(): void;
  /** Why it is not ready; empty: it is. */
  reasons(): readonly Reason[];
  /** What a restart would heal; empty: nothing. */
  ailments(): readonly Reason[];
}

export interface Reason {
  readonly what: string;
  readonly reason: string;
}

export interface HealthParts {
  /** Of the lanes that this process holds: those that can't go on. */
  stopped(): readonly (Reason & { readonly restartHeals: boolean })[];
  /** Those that are tried again by themselves. */
  failing(): readonly Reason[];
}

/** Not ready until `wait` has been told of everything that the process starts with, and that it is there. */
export function createHealth(parts: HealthParts): Health {
  const waiting = new Map<string, string>([['start', 'it is starting']]);
  let draining = false;
  return {
    wait(what, reason) {
      if (reason === null) waiting.delete(what);
      else waiting.set(what, reason);
    },
    drain() {
      draining = true;
    },
    reasons: () => [
      ...(draining ? [{ what: 'drain', reason: 'it is shutting down' }] : []),
      ...[...waiting].map(([what, reason]) => ({ what, reason })),
      ...parts.stopped().map(({ what, reason }) => ({ what, reason })),
      ...parts.failing(),
    ],
    ailments: () =>
      parts
        .stopped()
        .filter(({ restartHeals }) => restartHeals)
        .map(({ what, reason }) => ({ what, reason })),
  };
}

/** `GET /livez` and `GET /readyz`: 200, or 503 with the reasons. */
export function healthRoutes(
  about: Readonly<Record<string, string>>,
  { reasons, ailments }: Pick<Health, 'reasons' | 'ailments'>,
): FastifyPluginAsync {
  return async (app) => {
    app.get('/livez', (_request, reply) => {
      const found = ailments();
      if (found.length === 0) return { status: 'ok', ...about };
      return reply.status(503).send({ status: 'ill', ...about, reasons: found });
    });
    app.get('/readyz', (_request, reply) => {
      const found = reasons();
      if (found.length === 0) return { status: 'ok', ...about };
      return reply.status(503).send({ status: 'not_ready', ...about, reasons: found });
    });
  };
}
