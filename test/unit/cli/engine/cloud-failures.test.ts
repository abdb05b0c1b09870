import { cloudFailure } from '../../../../cli/engine/cloud-failures';
import { runFailure } from '../../../../cli/engine/errors';

// Texts as users reported them; cli/cloud-failures.ts names the report of each.
test.each([
  [
    'a login by SSO that is over',
    'unable to validate AWS credentials. Details: no valid credential sources for Pulumi AWS Classic found. AWS Error: failed to refresh cached credentials, the SSO session has expired or is invalid: failed to read cached SSO token file',
    /^Your login to AWS has expired\.$/,
    /aws sso login/,
  ],
  [
    'no credentials',
    'unable to validate AWS credentials. Details: no valid credential sources for Pulumi AWS Classic found.',
    /AWS does not know who you are/,
    /aws configure/,
  ],
  [
    'a quota of processors on AWS',
    'creating EC2 Instance: VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 8 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.',
    /AWS allows 8 processors at once/,
    /profile=small/,
  ],
  [
    'a quota of addresses on AWS',
    'Error creating EIP: AddressLimitExceeded: The maximum number of addresses has been reached.\n\tstatus code: 400',
    /AWS allows no more public addresses in this region \(AddressLimitExceeded\)/,
    /audit --cloud aws/,
  ],
  [
    'an account that is not activated',
    'OptInRequired: You are not subscribed to this service. Please go to http://aws.amazon.com to subscribe.',
    /AWS has not activated this account/,
    /billing/,
  ],
  [
    'missing rights on AWS',
    'creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation.',
    /^Your AWS credentials may not do this\.$/,
    /rights to change EC2/,
  ],
  [
    'an API that is off',
    'googleapi: Error 403: Compute Engine API has not been used in project my-project before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=my-project then retry., accessNotConfigured',
    /^The Compute Engine API is off in project my-project\.$/,
    /^gcloud services enable compute\.googleapis\.com --project my-project;/,
  ],
  [
    'no billing account',
    'Project charming-module-137923 (#808448574146) has billing disabled. Please enable it.',
    /no billing account/,
    /linkedaccount/,
  ],
  [
    'a quota in a region of Google Cloud',
    "google_compute_instance.public-agent: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-east1.",
    /^Google Cloud's quota CPUS is 8 in us-east1, and the lab needs more\.$/,
    /quotas/,
  ],
  [
    'a quota of a whole project',
    "Quota 'NETWORKS' exceeded.  Limit: 5.0 globally.",
    /^Google Cloud's quota NETWORKS is 5 for the project, and the lab needs more\.$/,
    /quotas/,
  ],
  [
    'missing rights on Google Cloud',
    "Error creating network: googleapi: Error 403: Required 'compute.networks.create' permission for 'projects/my-project/global/networks/gcp', forbidden",
    /^Your Google Cloud login lacks compute\.networks\.create in project my-project\.$/,
    /roles\/compute\.admin/,
  ],
  [
    'a plugin that can not be downloaded',
    "could not load plugin for aws provider 'urn:pulumi:aws::hardway-lab::pulumi:providers:aws::default': Could not automatically download and install resource plugin 'pulumi-resource-aws'at version v7.48.0, install the plugin using `pulumi plugin install resource aws v7.48.0`.",
    /^The engine can't download its plugin pulumi-resource-aws: this network has no way to get\.pulumi\.com/,
    /pulumi plugin install/,
  ],
  [
    'a login that never succeeds',
    'after 31 failed attempts: context deadline exceeded',
    /^SSH to a node did not work in time/,
    /adminCidrs/,
  ],
  [
    'a gateway that closes every login',
    "the proxy ubuntu@198.51.100.10:22 can't be reached, after 61 attempts: kex_exchange_identification: Connection closed by remote host",
    /^61 SSH logins in a row failed, at a node or at the gateway on its way\.$/,
    /sshd that is restarting .*wait a minute$/,
  ],
  [
    'a node that refuses every login of the official plugin',
    'after 11 failed attempts: ssh: handshake failed: EOF',
    /^11 SSH logins in a row failed/,
    /wait a minute$/,
  ],
])('%s is explained, with a cure', (_what, text, message, cure) => {
  expect(cloudFailure(text)).toEqual({
    message: expect.stringMatching(message),
    cure: expect.stringMatching(cure),
  });
});

test('an unknown failure stays as it is', () => {
  expect(cloudFailure('creating EC2 Subnet: InvalidSubnet.Conflict')).toBeUndefined();
});

test('a run that fails by a known failure starts with its sentence, and keeps the text of the provider', () => {
  const text = 'OptInRequired: You are not subscribed to this service.';
  const failure = runFailure(
    [{ message: text, severity: 'error' } as never],
    'failed',
    './lab up aws goes on from here',
  );
  expect(failure).toMatchObject({
    exitCode: 3,
    message: `AWS has not activated this account, or this region of it, yet.\n${text}`,
    cure: expect.stringMatching(/billing.*\. \.\/lab up aws goes on from here$/),
  });
});
