import { execFileSync } from 'node:child_process';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** The packages of a folder's lock file as CycloneDX: the same text for the same lock file and npm. */
export function bomOf(root: string): string {
  const args = [
    'sbom',
    '--sbom-format=cyclonedx',
    '--sbom-type=application',
    '--package-lock-only',
    '--omit=dev',
  ];
  const text = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX });
  const { serialNumber: _, metadata, ...bom } = JSON.parse(text);
  const { timestamp: __, component, ...about } = metadata;
  // npm calls it after the folder.
  const whole = { ...bom, metadata: { ...about, component: { ...component, name: 'millrace' } } };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
