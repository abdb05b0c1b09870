import { chooseZone, type Offering } from '../../../../components/aws';
import { CloudError } from '../../../../components/cloud';
import { graphOn } from '../../../support/aws-graph';

describe('the zone of a lab on AWS', () => {
  const offerings = (...list: string[]): Offering[] =>
    list.map((each) => ({ zone: each.split(' ')[0], type: each.split(' ')[1] }));
  const types = ['t3.small', 't4g.small'];

  test('is the first one with both machine types, in any order of AWS’s list', () => {
    const listed = ['1c t4g.small', '1b t4g.small', '1a t3.small', '1b t3.small', '1c t3.small'];
    const here = offerings(...listed.map((each) => `us-east-${each}`));
    expect(chooseZone({ region: 'us-east-1', types, offerings: here })).toBe('us-east-1b');
    expect(chooseZone({ region: 'us-east-1', types, offerings: here.reverse() })).toBe(
      'us-east-1b',
    );
  });

  test('is no Local Zone', () => {
    const here = offerings('us-west-2-lax-1a m5.large', 'us-west-2d m5.large');
    expect(chooseZone({ region: 'us-west-2', types: ['m5.large'], offerings: here })).toBe(
      'us-west-2d',
    );
  });

  test('is a clear error if no zone offers both types', () => {
    const here = offerings('us-east-1a t3.small', 'us-east-1b t4g.small');
    expect(() => chooseZone({ region: 'us-east-1', types, offerings: here })).toThrow(
      new CloudError(
        'No zone of us-east-1 offers t3.small and t4g.small: set region, controllerType or workerType to others.',
      ),
    );
  });

  test('is chosen once and then kept if the config names none', async () => {
    const { inputs, ignoreChanges } = (await graphOn()).of('Subnet', 'nodes');
    expect([inputs.availabilityZone, ignoreChanges]).toEqual(['us-west-2b', ['availabilityZone']]);
  });

  test('is the one in the config, and changes with it', async () => {
    const { inputs, ignoreChanges } = (await graphOn({ zone: 'us-west-2d' })).of('Subnet', 'nodes');
    expect([inputs.availabilityZone, ignoreChanges]).toEqual(['us-west-2d', []]);
  });
});
