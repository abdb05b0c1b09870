import type { CloudResource } from '../../cli/account/account';

/** Returns a VPC of lab aws-s01, which another state made. `changes` replaces some of its fields. */
export const vpcResource = (changes: Partial<CloudResource> = {}): CloudResource => ({
  lab: 'aws-s01',
  state: 'ffffffff',
  student: '',
  expires: '',
  kind: 'vpc',
  id: 'vpc-1',
  stateIds: ['vpc-1'],
  place: 'us-west-2',
  hourly: 0,
  ...changes,
});
