/** The relay: serves the app, lets peers meet, and forwards for those that can't connect directly. */
export { type RelayConfig, defaultConfig, defaultPort, parseConfig } from './config.ts';
export { type Relay, type RelayDescription, type RelayHealth, startRelay } from './relay.ts';
