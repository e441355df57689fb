import { bundle } from '../../scripts/bundle.ts';

/** Vitest's global set-up of the whole-server tests: they serve one bundle, built of the sources as they are. */
export default bundle;
