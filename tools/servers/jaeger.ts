import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactFolder } from './artifacts.ts';
import type { Program } from './server.ts';

const ANSWER_WITHIN_MS = 2_000;
const TRACES_MAX = 10_000;

export interface JaegerOptions {
  folder: string;
  /** OTLP over HTTP, the page and its API, OTLP over gRPC, the API over gRPC. */
  ports: readonly [number, number, number, number];
}

export function jaegerProgram({ folder, ports }: JaegerOptions): Program {
  const configuration = join(folder, 'jaeger.json');
  const [otlp, page] = ports;
  return {
    kind: 'jaeger',
    folder,
    ports,
    address: `http://127.0.0.1:${otlp}`,
    page: `http://127.0.0.1:${page}`,
    async prepare() {
      writeFileSync(configuration, JSON.stringify(settings(ports), null, 2));
    },
    command: [join(artifactFolder('jaeger'), 'jaeger'), '--config', configuration],
    async isReady() {
      try {
        const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
        return (await fetch(`http://127.0.0.1:${page}/api/services`, { signal })).ok;
      } catch {
        return false;
      }
    },
  };
}

/** All in memory: traces are to look at now. */
function settings([otlpHttp, page, otlpGrpc, apiGrpc]: JaegerOptions['ports']) {
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] },
      },
      telemetry: { metrics: { level: 'none' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: TRACES_MAX } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: at(page), grpc: at(apiGrpc) },
    },
    receivers: { otlp: { protocols: { http: at(otlpHttp), grpc: at(otlpGrpc) } } },
    processors: { batch: { timeout: '200ms' } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}
