/** Resource classes of the provider `hardway`, for use in Pulumi programs. */
export * from './local';
export * from './time';
export * from './tls';
