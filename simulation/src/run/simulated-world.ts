import { createRandom, type Random } from '../random.ts';
import { type Broker, createBroker } from '../world/broker.ts';
import { createGroup, type Group } from '../world/group.ts';
import { createEventLog, type LogFaults, NO_LOG_FAULTS } from '../world/log.ts';
import { CALM, createNetwork, type Faults, type Network } from '../world/network.ts';
import type { SimulatedProcess } from '../world/process.ts';
import { createRegistryServer, type RegistryServer } from '../world/registry.ts';
import { createResultServer, type ResultServer } from '../world/results.ts';
import { createScheduler, type Scheduler } from '../world/scheduler.ts';
import { createStateServer, type StateServer } from '../world/state.ts';

/** All servers of a run, and what goes wrong between them and the processes. */
export interface SimulatedWorld {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly broker: Broker;
  readonly state: StateServer;
  readonly results: ResultServer;
  readonly registry: RegistryServer;
  readonly groups: ReadonlyMap<string, Group>;
  logOf(process: SimulatedProcess): ReturnType<typeof createEventLog>;
  /** Calls back at each checkpoint that the state server accepts. */
  whenSaved(callback: (key: string) => void): void;
  setFaults(faults: Faults, log: LogFaults): void;
  calm(): void;
}

export function createSimulatedWorld(seed: number, lanes: number, maxBatch: number): SimulatedWorld {
  const random = createRandom(seed);
  const scheduler = createScheduler(random.fork('delays'));
  const network = createNetwork(scheduler, random.fork('network'));
  const broker = createBroker(lanes);
  const groups = new Map<string, Group>();
  let logFaults = NO_LOG_FAULTS;
  let onSaved: (key: string) => void = () => undefined;

  const group = (name: string): Group => {
    let found = groups.get(name);
    if (found === undefined) {
      found = createGroup(name, lanes, network);
      groups.set(name, found);
    }
    return found;
  };

  return {
    random,
    scheduler,
    network,
    broker,
    state: createStateServer((key) => onSaved(key)),
    results: createResultServer(),
    registry: createRegistryServer(),
    groups,
    logOf: (process) =>
      createEventLog({ network, broker, group, maxBatch, faults: () => logFaults }, process),
    whenSaved(callback) {
      onSaved = callback;
    },
    setFaults(faults, log) {
      network.setFaults(faults);
      logFaults = log;
    },
    calm() {
      network.setFaults(CALM);
      logFaults = NO_LOG_FAULTS;
    },
  };
}
