export interface StepResult {
  outcome: 'passed' | 'failed' | 'skipped';
  /** What a person needs to see when it didn't pass. */
  output: string;
}

export type Step = () => Promise<StepResult>;
