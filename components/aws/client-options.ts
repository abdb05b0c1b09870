/** Options of every AWS client of this project. */
export interface ClientOptions {
  /** Such as `us-west-2`. */
  region: string;
  /** Attempts of one request, the first included. */
  maxAttempts: number;
}

/**
 * Returns the options of an AWS client for a region. Also keeps the SDK from warning about the
 * Node version: the user of a command can't act on it, and it mixes with the command's output.
 * `emitWarningIfUnsupportedVersion` of @aws-sdk/core reads the variable when a client is created.
 */
export function clientOptions(region: string): ClientOptions {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  return { region, maxAttempts: 3 };
}
