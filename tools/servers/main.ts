// `npm run servers`: real servers on this machine, until Ctrl-C.
import { parseArgs } from 'node:util';
import type { Kind } from './server.ts';
import { fetchServers, kinds, needed, startServers } from './servers.ts';
import { untilAskedToEnd } from './until-asked-to-end.ts';

const usage = `npm run servers [-- [--folder DIR] [--brokers 3] [KIND …]]
  KIND           one of ${kinds.join(', ')}; default: ${needed.join(', ')}
  --folder DIR   keep what they hold in DIR and go on with it; default: a temporary folder
  --brokers 3    three Kafka brokers, topics replicated
  --fetch        only fetch or build what they need`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      folder: { type: 'string' },
      brokers: { type: 'string', default: '1' },
      fetch: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const wanted = named(positionals);
  if (values.help) console.log(usage);
  else if (values.fetch) await fetchServers(wanted, progress);
  else await serve(wanted, values.folder, values.brokers);
} catch (error) {
  console.error(`servers: ${(error as Error).message}`);
  process.exitCode = 1;
}

function named(names: string[]): readonly Kind[] {
  const unknown = names.filter((name) => !kinds.includes(name as Kind));
  if (unknown.length > 0) throw new Error(`no server ${unknown.join(', ')}\n${usage}`);
  return names.length > 0 ? (names as Kind[]) : needed;
}

async function serve(wanted: readonly Kind[], folder: string | undefined, brokers: string): Promise<void> {
  if (brokers !== '1' && brokers !== '3') throw new Error(`--brokers is 1 or 3\n${usage}`);
  const asked = untilAskedToEnd();
  const starting = startServers({
    kinds: wanted,
    brokers: brokers === '3' ? 3 : 1,
    given: process.env,
    ...(folder !== undefined && { folder }),
    progress,
  });
  const servers = await Promise.race([starting, asked]);
  if (!servers) return void process.exit(130); // Whatever has started ends with this process.
  for (const [name, address] of Object.entries(servers.environment)) {
    console.log(`export ${name}='${address}'`);
  }
  console.error(`They keep what they hold in ${servers.folder}. Ctrl-C ends them.`);
  await asked;
  console.error('\nending them …');
  await servers.stop();
}

/** Lines for a shell go to the output, what is for people to the other. */
function progress(line: string): void {
  console.error(line);
}
