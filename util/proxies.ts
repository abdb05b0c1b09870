const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'];
const EXCEPTIONS = ['no_proxy', 'NO_PROXY'];

/** Addresses of the host itself: the engine talks to its plugins over loopback. */
const LOOPBACK = ['127.0.0.1', '127.0.0.0/8', 'localhost', '::1'];

const items = (list: string | undefined): string[] => (list ?? '').split(/[\s,]+/).filter(Boolean);

/**
 * Returns the variables that keep traffic to the host and to local labs away from proxies; none if no proxy is set. Both
 * spellings get the same list, without blanks: gRPC's client reads `no_proxy` only, and takes a blank for a part of a name.
 * `networks` are CIDRs of labs.
 */
export function proxyExceptions(
  networks: string[],
  environment: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const names = Object.keys(environment).filter((name) => environment[name]);
  if (!names.some((name) => PROXIES.includes(name.toLowerCase()))) return {};
  const given = names.filter((name) => name.toLowerCase() === 'no_proxy');
  const listed = given.flatMap((name) => items(environment[name]));
  const list = [...new Set([...listed, ...LOOPBACK, ...networks])].join(',');
  const result: Record<string, string> = {};
  for (const name of new Set([...EXCEPTIONS, ...given])) result[name] = list;
  // gRPC's client reads it in place of no_proxy.
  if (environment.no_grpc_proxy)
    result.no_grpc_proxy = [
      ...new Set([...items(environment.no_grpc_proxy), ...LOOPBACK, ...networks]),
    ].join(',');
  return result;
}

/** Sets these variables for this process and every program that it starts. */
export function bypassProxies(networks: string[]): void {
  Object.assign(process.env, proxyExceptions(networks));
}
