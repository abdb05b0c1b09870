import type * as Account from '../../../../cli/account/aws';
import type * as Reader from '../../../../components/aws/read-routes';
import { parseConfig } from '../../../../components/config';

const VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';
const version = process.version;
const before = { ...process.env };
let warned: jest.SpyInstance;

beforeEach(() => {
  delete process.env[VARIABLE];
  // The SDK warns once after it is loaded, and only on an old Node.
  jest.resetModules();
  Object.defineProperty(process, 'version', { value: 'v20.0.0' });
  warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  Object.assign(process.env, {
    // No process listens on this port.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});
afterEach(() => {
  Object.defineProperty(process, 'version', { value: version });
  process.env = { ...before };
  warned.mockRestore();
});

test('reading the route tables prints no warning of the SDK about the Node version', async () => {
  const { readRoutes } = require('../../../../components/aws/read-routes') as typeof Reader;
  await expect(readRoutes('aws-s01', 'us-west-2')).rejects.toThrow('AWS did not answer');
  expect(warned).not.toHaveBeenCalled();
});

test('asking the account prints no warning of the SDK about the Node version', async () => {
  const { awsAccount } = require('../../../../cli/account/aws') as typeof Account;
  const account = awsAccount(parseConfig({ cloud: 'aws', adminCidrs: '203.0.113.7/32' }));
  await expect(account.who()).rejects.toThrow('AWS did not answer');
  expect(warned).not.toHaveBeenCalled();
});
