export type { SharedValues } from './shared-values.ts';
