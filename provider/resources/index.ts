/** The classes a program uses for what the provider `hardway` makes. */
export * from './local';
export * from './time';
export * from './tls';
