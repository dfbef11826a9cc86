export type { Config, LoadedConfig } from "./config.ts";
export type { Surroundings } from "./files.ts";
export { loadConfig, readTokenSecret } from "./load.ts";
export { ConfigError, type Mistake } from "./mistakes.ts";
export { readOwnSecrets } from "./secret-file.ts";
export { isOptional, isSecret, type SettingName, settingNames, settings } from "./settings.ts";
export { shippedTables } from "./tables.ts";
