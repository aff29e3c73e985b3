// `npm run servers`: real servers on this machine, until Ctrl-C.
import { parseArgs } from 'node:util';
import type { Kind } from './server.ts';
import { kinds, startServers } from './servers.ts';
import { untilAskedToEnd } from './until-asked-to-end.ts';

const usage = `npm run servers [-- [--folder DIR] [--brokers 3] [KIND …]]
  KIND           ${kinds.join(', ')}; default: all
  --folder DIR   keep what they hold in DIR and go on with it; default: a temporary folder
  --brokers 3    three Kafka brokers, topics replicated`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      folder: { type: 'string' },
      brokers: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(usage);
  else await serve(positionals, values.folder, values.brokers);
} catch (error) {
  console.error(`servers: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function serve(names: string[], folder: string | undefined, brokers: string): Promise<void> {
  const unknown = names.filter((name) => !kinds.includes(name as Kind));
  if (unknown.length > 0) throw new Error(`no server ${unknown.join(', ')}\n${usage}`);
  if (brokers !== '1' && brokers !== '3') throw new Error(`--brokers is 1 or 3\n${usage}`);
  const asked = untilAskedToEnd();
  const starting = startServers({
    kinds: names.length > 0 ? (names as Kind[]) : kinds,
    brokers: brokers === '3' ? 3 : 1,
    given: process.env,
    ...(folder !== undefined && { folder }),
    // Lines for a shell go to the output, what is for people to the other.
    progress: (line) => console.error(line),
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
