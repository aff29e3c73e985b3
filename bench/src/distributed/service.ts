import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'ingest' | 'validate' | 'enrich' | 'aggregate' | 'route';

export const SERVICES: readonly ServiceName[] = ['ingest', 'validate', 'enrich', 'aggregate', 'route'];

/** One of the pipeline's services in a process of its own, as it is started in earnest. */
export interface Service {
  /** Its HTTP endpoint. */
  readonly url: string;
  /** CPU of the process since its start, user and system, in microseconds. */
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

/** Resolves once it is ready. @param env the addresses, as MILLRACE_*. */
export async function startService(
  name: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<Service> {
  const main = fileURLToPath(new URL(`../../../apps/${name}/src/main.ts`, import.meta.url));
  const options = [...process.execArgv, ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [])];
  const child = spawn(process.execPath, [...options, main], {
    env: { ...process.env, ...env, MILLRACE_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Also when the benchmark fails.
  const end = () => void child.kill();
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const said: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (/"level":"?(50|60|error|fatal)/.test(line)) console.error(line);
      const url = /"msg":"ready".*?/.test(line) ? /"url":"([^"]+)"/.exec(line)?.[1] : undefined;
      if (url !== undefined) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`${name} has ended with ${code}:\n${said.join('\n')}`)));
  });
  const url = await ready;
  return {
    url,
    async cpuUs() {
      const text = await (await fetch(`${url}/metrics`)).text();
      const seconds = /^process_cpu_seconds_total(?:{[^}]*})? ([0-9.e+-]+)/m.exec(text)?.[1];
      if (seconds === undefined) throw new Error(`${name}: its metrics do not tell its CPU`);
      return Number(seconds) * 1e6;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
