import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { AvroSchema } from '@millrace/pipeline/plan';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

export interface RegistryServer {
  register(subject: string, schema: AvroSchema): number;
  schema(id: number): AvroSchema | null;
}

export function createRegistryServer(): RegistryServer {
  const ids = new Map<string, number>();
  const schemas: AvroSchema[] = [];
  return {
    register(_subject, schema) {
      const text = JSON.stringify(schema);
      let id = ids.get(text);
      if (id === undefined) {
        id = schemas.push(schema);
        ids.set(text, id);
      }
      return id;
    },
    schema: (id) => schemas[id - 1] ?? null,
  };
}

/** The registry as one process sees it. Now and then it can't be reached (the network's faults). */
export function createRegistry(
  network: Network,
  server: RegistryServer,
  process: SimulatedProcess,
): SchemaRegistry {
  const ask = <T>(name: string, act: () => T) =>
    network.request(process, `${process.name} ${name}`, act, (message) => new Error(message));
  return {
    register: (subject, schema) => ask(`register ${subject}`, () => server.register(subject, schema)),
    schema: (id) => ask(`schema ${id}`, () => server.schema(id)),
  };
}
