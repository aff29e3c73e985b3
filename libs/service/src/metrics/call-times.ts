import { Meter } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { StateStore } from '@millrace/lanes/ports/state';

/** How long servers take to answer, by server and call. Failed calls count, too. */
export interface CallTimes {
  meters(): ReadonlyMap<string, { readonly server: string; readonly call: string; readonly meter: Meter }>;
  log<L extends EventLog>(log: L): EventLog;
  state(state: StateStore): StateStore;
  results(results: ResultStore): ResultStore;
}

export function createCallTimes(clock: Clock): CallTimes {
  const meters = new Map<string, { server: string; call: string; meter: Meter }>();

  function meterOf(server: string, call: string): Meter {
    const key = `${server}/${call}`;
    let entry = meters.get(key);
    if (entry === undefined) {
      entry = { server, call, meter: new Meter() };
      meters.set(key, entry);
    }
    return entry.meter;
  }

  function timer(server: string, call: string): <T>(answer: Promise<T>) => Promise<T> {
    const meter = meterOf(server, call);
    return async (answer) => {
      const startedMs = performance.now();
      try {
        return await answer;
      } finally {
        meter.latency(clock.now(), performance.now() - startedMs);
      }
    };
  }

  return {
    meters: () => meters,
    log(log) {
      const append = timer('kafka', 'append');
      const commit = timer('kafka', 'commit');
      return {
        append: (topic, lane, records) => append(log.append(topic, lane, records)),
        consume: (options) => log.consume(options),
        committed: (group, topic, lane) => log.committed(group, topic, lane),
        commit: (group, topic, lane, position) => commit(log.commit(group, topic, lane, position)),
        bounds: (topic, lane) => log.bounds(topic, lane),
        read: (topic, lane, from, maxRecords) => log.read(topic, lane, from, maxRecords),
      };
    },
    state(state) {
      const takeOver = timer('redis', 'take_over');
      const checkpoint = timer('redis', 'checkpoint');
      return {
        takeOver: (key, token) => takeOver(state.takeOver(key, token)),
        checkpoint: (key, value) => checkpoint(state.checkpoint(key, value)),
        remove: (key) => state.remove(key),
      };
    },
    results(results) {
      const write = timer('cassandra', 'write');
      const read = timer('cassandra', 'read');
      return {
        write: (rows) => write(results.write(rows)),
        windows: (query) => read(results.windows(query)),
        alerts: (query) => read(results.alerts(query)),
        events: (query) => read(results.events(query)),
        deadLetters: (query) => read(results.deadLetters(query)),
        deadLetter: (pipeline, id) => read(results.deadLetter(pipeline, id)),
        removeDeadLetter: (pipeline, id) => write(results.removeDeadLetter(pipeline, id)),
      };
    },
  };
}
