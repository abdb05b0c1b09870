/** The classes a program uses for what the provider `hardway` makes. */
export * from './local';
export * from './reachable';
export * from './time';
export * from './tls';
