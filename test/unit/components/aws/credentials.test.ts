import { requireCredentials } from '../../../../components/aws/credentials';

describe('credentials', () => {
  const nowhere = { environment: {}, home: '/nowhere', vendor: 'Somebody' };
  test('are reported in one sentence if they are missing', () => {
    expect(() => requireCredentials(nowhere)).toThrow(
      /^There are no AWS credentials here: [^\n]*\.$/,
    );
  });
  test.each([
    ['a variable', { ...nowhere, environment: { AWS_ACCESS_KEY_ID: 'AKIA' } }],
    ['a machine of Amazon’s', { ...nowhere, vendor: 'Amazon EC2' }],
    ['a file', { ...nowhere, environment: { AWS_SHARED_CREDENTIALS_FILE: __filename } }],
  ])('can be %s', (_, surroundings) =>
    expect(() => requireCredentials(surroundings)).not.toThrow(),
  );
});
