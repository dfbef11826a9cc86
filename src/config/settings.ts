import type * as z from "zod";
import { conferencesSettings } from "./settings/conferences.ts";
import { gatewaySettings } from "./settings/gateway.ts";
import { listeningSettings } from "./settings/listening.ts";
import { operationsSettings } from "./settings/operations.ts";
import { sessionsSettings } from "./settings/sessions.ts";
import type { Setting } from "./settings/setting.ts";
import { tokensSettings } from "./settings/tokens.ts";

/**
 * Every variable that an operator may set, in the order of the page. docs/configuration.md and .env.example are made
 * from this table, defaults come from config/defaults.json.
 */
export const settings = {
  ...listeningSettings,
  ...gatewaySettings,
  ...tokensSettings,
  ...sessionsSettings,
  ...conferencesSettings,
  ...operationsSettings,
};

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as readonly SettingName[];

type OptionalName = {
  [Name in SettingName]: (typeof settings)[Name] extends { optional: true } ? Name : never;
}[SettingName];
type ValueOf<Name extends SettingName> = z.output<(typeof settings)[Name]["form"]>;

/** What a setting's text became; absent where it is not set, or mistaken. */
export type Values = { -readonly [Name in SettingName]?: ValueOf<Name> };

/** When nothing was mistaken, whatever is not optional is there. */
export type CompleteValues = { readonly [Name in Exclude<SettingName, OptionalName>]: ValueOf<Name> } & {
  readonly [Name in OptionalName]?: ValueOf<Name>;
};

/** Another spelling of the name, or the name itself. */
export const aliasOf = (name: SettingName): string => {
  const setting: Setting = settings[name];
  return setting.alias ?? name;
};

export const isOptional = (name: SettingName): boolean => "optional" in settings[name];

export const isSecret = (name: SettingName): boolean => "secret" in settings[name];
