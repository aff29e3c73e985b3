import { EXIT } from '@millrace/service/exit-codes';
import { Option } from 'commander';
import type { CommandModule } from '../command.ts';
import { at, declarePlace, type PlaceOptions } from '../look/place-options.ts';
import { positive } from './deadletters.ts';

interface TailOptions extends PlaceOptions {
  readonly from: 'start' | 'end';
  readonly limit?: number;
  readonly ticks?: boolean;
}

/** Records that may wait for a slow reader. */
const FLUSH_EVERY = 500;

export const tail: CommandModule = {
  name: 'tail',
  summary: "print a topic's records as JSON lines",
  examples: [
    ['millrace tail raw', 'what arrives from now on, until Ctrl-C'],
    ['millrace tail deadletters --from start', 'all that are there, then ends'],
    [
      'millrace tail windows --from start --limit 10 --data .millrace/payments',
      'of a pipeline that does not run',
    ],
    ['millrace tail payments.alarms', 'a topic that a route named'],
  ],
  declare(command, { out }, end) {
    declarePlace(command)
      .argument('<topic>', "raw, windows, alerts, deadletters, or a route's topic")
      .addOption(
        new Option('--from <place>', 'start: what is there; end: what comes')
          .choices(['start', 'end'])
          .default('end'),
      )
      .option('--limit <number>', 'how many at most', positive)
      .option('--ticks', 'records that only tell the time, too')
      .action(
        async (
          topic: string,
          { from, limit = Number.POSITIVE_INFINITY, ticks = false, ...options }: TailOptions,
        ) => {
          const stop = new AbortController();
          let printed = 0;
          const abort = (): void => stop.abort();
          process.once('SIGINT', abort).once('SIGTERM', abort);
          await at(options, async (place) => {
            for await (const record of place.tail(topic, { from, limit, ticks, signal: stop.signal })) {
              out.line(JSON.stringify(record));
              if (++printed % FLUSH_EVERY === 0) await out.flushed();
            }
          });
          end(EXIT.ok);
        },
      );
  },
};
