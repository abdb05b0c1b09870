import { CloudError } from '../cloud';

const CREDENTIALS =
  /Credentials|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|AuthFailure$|SignatureDoesNotMatch|TokenProvider|SSO/;

/** Describes an error of an AWS client in one sentence, with what to do. */
export function awsError(
  error: unknown,
  { AWS_PROFILE: profile }: NodeJS.ProcessEnv = process.env,
): CloudError {
  const { name, message } = error as Error;
  // The client's own message does not name the profile.
  if (CREDENTIALS.test(name) && profile)
    return new CloudError(
      `AWS has no valid credentials for AWS_PROFILE=${profile} (${message}): run \`aws configure --profile ${profile}\` or \`aws sso login --profile ${profile}\`, or set another profile.`,
    );
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
