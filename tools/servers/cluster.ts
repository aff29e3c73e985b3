import type { Server } from './server.ts';

/** The servers of one kind, handled together; each alone is in `brokers`. */
export interface Cluster extends Server {
  readonly brokers: readonly Server[];
}

export function together(brokers: readonly Server[]): Cluster {
  const [first] = brokers;
  if (first === undefined) throw new Error('a cluster of none');
  const each = async (act: (server: Server) => Promise<void>) => {
    const settled = await Promise.allSettled(brokers.map(act));
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  };
  return {
    brokers,
    kind: first.kind,
    address: brokers.map((server) => server.address).join(','),
    page: first.page,
    folder: first.folder,
    logPath: first.logPath,
    get pid() {
      return first.pid;
    },
    ended: () => brokers.every((server) => server.ended()),
    start: () => each((server) => server.start()),
    stop: () => each((server) => server.stop()),
    kill9: () => each((server) => server.kill9()),
    pause: () => brokers.forEach((server) => void server.pause()),
    resume: () => brokers.forEach((server) => void server.resume()),
  };
}
