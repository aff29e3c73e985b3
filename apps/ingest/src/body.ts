import type { IncomingMessage } from 'node:http';
import type { Bounds } from './bounds.ts';
import { Problem } from './problem.ts';

type Limits = Pick<Bounds, 'receivingBytesMax' | 'receivingMs'>;

/** Receives bodies within bounds: of each, and of all that are under way. */
export interface BodyReader {
  /**
   * @throws Problem body_too_large, overloaded, incomplete_body, empty_body. Beyond a bound no more is read: the
   * connection is to be closed after the answer.
   */
  read(request: IncomingMessage, bytesMax: number): Promise<Buffer>;
}

export function createBodyReader({ receivingBytesMax, receivingMs }: Limits): BodyReader {
  let receiving = 0;

  async function read(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const chunks: Buffer[] = [];
    let size = 0;
    // A sender that stops in mid-body would hold its share of the memory for good.
    const timer = setTimeout(() => request.destroy(), receivingMs);
    try {
      // Not destroyed when reading stops early: the refusal still has to go out on this connection.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += chunk.length;
        receiving += chunk.length;
        if (size > bytesMax) throw tooLarge(bytesMax);
        if (receiving > receivingBytesMax) {
          throw new Problem('overloaded', 'too many bodies are being received at once');
        }
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('incomplete_body', `the connection ended after ${size} bytes of the body`);
    } finally {
      clearTimeout(timer);
      receiving -= size;
    }
    if (size === 0) throw new Problem('empty_body', 'the request has no body');
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
  }

  return { read };
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('body_too_large', `the body is larger than ${bytesMax} bytes`);
}
