const TIMEOUT_MS = 20_000;

/** What the server said was wrong, as one line to show. */
export class ApiError extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>} the JSON answer; rejects with `ApiError`
 */
export async function ask(path, init) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const response = await fetch(path, { ...init, signal }).catch((cause) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError('Millrace does not answer.', { cause });
  });
  const body = await response.json().catch(() => null);
  if (response.ok) return body;
  const { message, hint } = body?.error ?? { message: `Millrace answered ${response.status}.`, hint: '' };
  throw new ApiError(`${message} ${hint}`.trim());
}

/** @param {string} pipeline */
export function pathOf(pipeline) {
  return `/v1/pipelines/${encodeURIComponent(pipeline)}`;
}
