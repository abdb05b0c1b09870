import { CloudError } from '../cloud';

const CREDENTIALS =
  /Credentials|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|AuthFailure$|SignatureDoesNotMatch|TokenProvider|SSO/;

/** Describes an error of an AWS client in one sentence, with what to do. */
export function awsError(error: unknown): CloudError {
  const { name, message } = error as Error;
  if (CREDENTIALS.test(name))
    return new CloudError(
      `AWS does not know who you are (${message}): run \`aws configure\` or \`aws sso login\`, or set AWS_PROFILE.`,
    );
  if (/UnauthorizedOperation|AccessDenied/.test(name))
    return new CloudError(
      `Your AWS credentials may not do this (${message}): they need read access to EC2, load balancers and quotas.`,
    );
  return new CloudError(`AWS did not answer: ${message}`);
}
