import { type CloudArgs, CloudError, type CloudResult } from '../cloud';

/** Aws, from the same topology. */
export function makeAws(_: CloudArgs): CloudResult {
  throw new CloudError('cloud aws is being written');
}
