/** The classes a program uses for what the provider `hardway` makes. */
export * from './resources/lab-id';
export * from './resources/local';
export * from './resources/time';
export * from './resources/tls';
