/**
 * Port: small values that the processes of a pipeline show one another, such as what each of them is doing. Embedded:
 * memory; distributed: Redis. They are a convenience: any of them may be lost at any time, and no output may depend on
 * one. A scope is read as a whole.
 */
export interface SharedValues {
  /** It is gone `ttlMs` after this, unless it is put again. @throws RangeError when it is too large. */
  put(scope: string, name: string, value: string, ttlMs: number): Promise<void>;
  /** Null: it was never put, or has gone. */
  get(scope: string, name: string): Promise<string | null>;
  /** Those that have not gone, by name. */
  all(scope: string): Promise<ReadonlyMap<string, string>>;
  remove(scope: string, name: string): Promise<void>;
}

/** UTF-8 bytes of a value. */
export const SHARED_VALUE_BYTES_MAX = 262_144;

/** @throws RangeError when the value is too large to be shared. */
export function checkSharedValue(scope: string, name: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes <= SHARED_VALUE_BYTES_MAX) return;
  throw new RangeError(
    `shared value ${name} of ${scope} may take ${SHARED_VALUE_BYTES_MAX} bytes, not ${bytes}`,
  );
}
