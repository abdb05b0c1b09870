/** Resource classes of the provider `hardway`, for use in Pulumi programs. */
export * from './lab-id';
export * from './local';
export * from './reachable';
export * from './time';
export * from './tls';
