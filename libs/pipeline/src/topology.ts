/** The pipeline as a graph: what reads what, does what and writes where. A plain value, printed by `explain`. */
export interface Topology {
  readonly pipeline: string;
  readonly lanes: number;
  readonly stages: readonly StageNode[];
  readonly topics: readonly TopicNode[];
}

export interface StageNode {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What it does, a line each (`rule plausible_amount: reject unless …`). */
  readonly does: readonly string[];
  /** What it keeps between records, a line each. */
  readonly keeps: readonly string[];
}

export interface TopicNode {
  readonly name: string;
  /** Full names of the Avro records in it. */
  readonly records: readonly string[];
}
