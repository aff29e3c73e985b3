/** Why an expression could not be evaluated for one record. */
export type ExpressionReason =
  | 'null_value'
  | 'wrong_type'
  | 'division_by_zero'
  | 'bad_text'
  | 'function_failed';

/**
 * An expression or a user's function has no value for this record. Bad data, not a bug: the stage turns it into
 * a verdict. The message names the part of the expression and what was found there.
 */
export class ExpressionError extends Error {
  readonly code = 'expression_error';
  readonly reason: ExpressionReason;
  /** Text of the whole expression, or the function's name. */
  readonly expression: string;

  constructor(reason: ExpressionReason, message: string, expression: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ExpressionError';
    this.reason = reason;
    this.expression = expression;
  }
}
