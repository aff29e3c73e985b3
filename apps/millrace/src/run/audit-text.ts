import type { AuditStatus } from '@millrace/lanes/status';

const number = new Intl.NumberFormat('en-US');

/** The audit's sum, a term per line; terms that are 0 are left out, the in-flight ones aside. */
export function auditText(audit: AuditStatus): string {
  const terms = (['processed', 'late', 'rejected', 'duplicate', 'dropped', 'inFlight'] as const).filter(
    (name) => audit[name] !== 0 || name === 'processed',
  );
  const width = number.format(Math.max(audit.events, audit.sum)).length;
  const line = (sign: string, value: number, name: string): string =>
    `  ${sign} ${number.format(value).padStart(width)} ${name}`;
  const verdict = audit.balanced
    ? 'balanced'
    : `NOT BALANCED: the terms add up to ${number.format(audit.sum)}`;
  return [
    ...terms.map((name, i) =>
      line(i === 0 ? ' ' : '+', audit[name], name === 'inFlight' ? 'in flight' : name),
    ),
    line('=', audit.events, `events, ${verdict}`),
    ...Object.entries(audit.flags).map(([flag, count]) => line(' ', count, `flagged ${flag}`)),
  ].join('\n');
}
