import { type CloudArgs, CloudError, type CloudResult } from '../cloud';

/** Gcp, from the same topology. */
export function makeGcp(_: CloudArgs): CloudResult {
  throw new CloudError('cloud gcp is being written');
}
