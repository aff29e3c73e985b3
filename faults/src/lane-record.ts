import avsc from 'avsc';

/** A record of one of the pipeline's own topics, with what tells repeats from news. */
export interface LaneRecord {
  /** The record's name without the namespace: `Aggregated`, `Rejected`, `Window_per_card`, `Alert` … */
  readonly name: string;
  readonly seq: number;
  /** Of what a stage made itself, else 0. */
  readonly index: number;
  readonly writer: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type ReadRecord = (bytes: Buffer) => Promise<LaneRecord>;

const ID_BYTES = 5;

/** Reads Avro in Confluent's wire format with the schema that the registry has for it. */
export function createRecordReader(registry: string): ReadRecord {
  const types = new Map<number, Promise<avsc.Type>>();
  async function typeOf(id: number): Promise<avsc.Type> {
    const response = await fetch(`${registry}/schemas/ids/${id}`);
    if (!response.ok) throw new Error(`the registry answered ${response.status} for schema ${id}`);
    const { schema } = (await response.json()) as { schema: string };
    return avsc.Type.forSchema(JSON.parse(schema));
  }
  return async (bytes) => {
    const id = bytes.readUInt32BE(1);
    let type = types.get(id);
    if (type === undefined) {
      type = typeOf(id);
      types.set(id, type);
      // The next record asks again.
      type.catch(() => types.delete(id));
    }
    const known = await type;
    const fields = { ...(known.fromBuffer(bytes.subarray(ID_BYTES)) as Record<string, unknown>) };
    const {
      lane_seq: seq,
      lane_index: index = 0,
      lane_writer: writer = 0,
    } = fields as Record<string, number>;
    return { name: known.name!.split('.').at(-1)!, seq: seq!, index, writer, fields };
  };
}
