export type { PlatformaticOptions } from './platformatic/options.ts';
export { platformaticClient } from './platformatic/client.ts';
