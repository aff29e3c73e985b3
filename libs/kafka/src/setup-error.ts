/** Something outside has to be set right by a person before anything can run; the message says what and how. */
export class KafkaSetupError extends Error {
  override readonly name = 'KafkaSetupError';
}
