/** The classes a program uses for what the provider `hardway` makes. */
export * from './lab-id';
export * from './local';
export * from './reachable';
export * from './time';
export * from './tls';
