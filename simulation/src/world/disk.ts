import type { Disk, ReadableFile } from '@millrace/ingest/disk';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** Files in memory, by absolute path; a path that ends in `*` names all that begin with the rest. */
export function createDisk(
  network: Network,
  process: SimulatedProcess,
  files: ReadonlyMap<string, Uint8Array>,
): Disk {
  const soon = <T>(name: string, answer: () => T) =>
    new Promise<T>((resolve) => network.tell(process, `${process.name} ${name}`, () => resolve(answer())));

  function opened(path: string, content: Uint8Array): ReadableFile {
    const read = (buffer: Buffer, offset: number, length: number, position: number) =>
      soon(`reads ${path}`, () => {
        const part = content.subarray(position, position + length);
        buffer.set(part, offset);
        return { bytesRead: part.length, buffer };
      });
    const stat = () => soon(`asks for ${path}`, () => ({ size: content.length }));
    return { read, stat, close: async () => undefined } as unknown as ReadableFile;
  }

  return {
    async *find(path) {
      const begin = path.endsWith('*') ? path.slice(0, -1) : null;
      for (const name of files.keys())
        if (name === path || (begin !== null && name.startsWith(begin))) yield name;
    },
    open(path) {
      const content = files.get(path);
      if (content === undefined) return Promise.reject(new Error(`no such file: ${path}`));
      return soon(`opens ${path}`, () => opened(path, content));
    },
  };
}
