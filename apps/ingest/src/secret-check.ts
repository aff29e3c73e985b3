import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from './problem.ts';

const BEARER = /^Bearer +(?<token>[^\s]+) *$/i;

/**
 * Checks `Authorization: Bearer TOKEN` in a time that does not depend on where the tokens differ.
 * The returned function throws Problem unauthorized (none given) or forbidden (another one).
 */
export function createSecretCheck(token: string): (authorization: string | undefined) => void {
  const wanted = sha256(token);
  return (authorization) => {
    const given = BEARER.exec(authorization ?? '')?.groups?.token;
    if (given === undefined) throw new Problem('unauthorized', 'this source wants a bearer token');
    if (!timingSafeEqual(sha256(given), wanted))
      throw new Problem('forbidden', 'the bearer token is not the right one');
  };
}

/** Of equal length whatever the text. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
