/** Port: structured log lines, as pino writes them. Fields first, then what happened, where and what to do. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
