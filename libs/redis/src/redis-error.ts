/**
 * Redis did not answer, or refused. The client's own errors hold the command's arguments (states, passwords), so only
 * their text is taken over.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError';
}

/** Redis is set up so that it can't be used; to try again is of no use. */
export class RedisSetupError extends Error {
  override readonly name = 'RedisSetupError';
}
