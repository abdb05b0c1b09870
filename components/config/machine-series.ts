/** Image and boot disk that a Google Cloud machine series requires. */
export interface MachineSeries {
  architecture: 'amd64' | 'arm64';
  bootDisk: 'pd-balanced' | 'hyperdisk-balanced';
}

const X86: MachineSeries = { architecture: 'amd64', bootDisk: 'pd-balanced' };
const X86_HYPERDISK: MachineSeries = { architecture: 'amd64', bootDisk: 'hyperdisk-balanced' };

/**
 * Supported machine series. The API reports a type's architecture (MachineType.architecture), but
 * the data source of @pulumi/gcp 9.37 omits it, and no API reports the disk types.
 *
 * - Arm: t2a, c4a, n4a. https://docs.cloud.google.com/compute/docs/general-purpose-machines
 * - Hyperdisk only: n4, n4a, n4d, c4, c4a, c4d. c3 and c3d take both.
 *   https://github.com/nextflow-io/nextflow/issues/6614, merged as pull request 6841
 */
const SERIES: Record<string, MachineSeries> = {
  e2: X86,
  n1: X86,
  n2: X86,
  n2d: X86,
  t2d: X86,
  c2: X86,
  c2d: X86,
  c3: X86,
  c3d: X86,
  n4: X86_HYPERDISK,
  n4d: X86_HYPERDISK,
  c4: X86_HYPERDISK,
  c4d: X86_HYPERDISK,
  t2a: { architecture: 'arm64', bootDisk: 'pd-balanced' },
  c4a: { architecture: 'arm64', bootDisk: 'hyperdisk-balanced' },
  n4a: { architecture: 'arm64', bootDisk: 'hyperdisk-balanced' },
};

/** Returns the series of a machine type such as `e2-small`; `undefined` if it is not supported. */
export const seriesOf = (machineType: string): MachineSeries | undefined =>
  SERIES[machineType.split('-', 1)[0]];

/** Returns the mistake of a config key with an unsupported machine type; empty if it is. */
export function machineTypeMistakes(key: string, machineType: string): string[] {
  if (seriesOf(machineType)) return [];
  const known = Object.keys(SERIES).join(', ');
  return [
    `${key} is ${machineType}: its image and disk type are not known; choose a type of series ${known}`,
  ];
}
