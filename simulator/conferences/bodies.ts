import { anything, type Field, list, optional, type ValueOf } from "../fields.ts";
import { body, boolean, int, string } from "../requests/parameters.ts";
import { MOST_MINUTES, MOST_SEATS } from "./conference.ts";

/** The bodies of the conference family's interfaces, with the bounds of their pages (1283 to 1299). */

const MOST_ADDRESS = 24;
const MOST_PATH = 127;
const ADDRESS_TYPES = ["6", "9"] as const;

const playMode = optional(int(2, 2));
const voicePath = string(1, MOST_PATH);

const addressType: Field<"6" | "9"> = {
  read(value, path, notes) {
    const text = string(1, 1).read(value, path, notes);
    if (!ADDRESS_TYPES.includes(text as "6" | "9")) notes.mistakes.push(`${path}: "6" or "9"`);
    return text as "6" | "9";
  },
};

const ADDRESS = { addressType, address: string(1, MOST_ADDRESS) } as const;
const MEMBER = body(ADDRESS);

/** With `beepTone` there has to be a file to play; without it whatever is there is passed over. */
function withTone<T extends { readonly beepTone?: boolean; readonly voicePath?: unknown }>(field: Field<T>): Field<T> {
  return {
    read(value, path, notes) {
      const read = field.read(value, path, notes);
      if (read.beepTone === true) voicePath.read(read.voicePath, "voicePath", notes);
      return read;
    },
  };
}

const TONE = { beepTone: optional(boolean), playMode, voicePath: optional(anything) } as const;

export const APPLICATION = withTone(
  body({
    memberNum: int(1, MOST_SEATS),
    confCallerNo: optional(string(0, MOST_ADDRESS)),
    time: optional(int(4, MOST_MINUTES)),
    promptTime: optional(int(3, MOST_MINUTES)),
    ...TONE,
  }),
);

const NEWCOMER = body({
  ...ADDRESS,
  deviceCallType: optional(nullAsZero(int(0, 255))),
  deviceType: optional(nullAsZero(int(0, 255))),
});

export const INVITATION = withTone(
  body({ addresses: list(NEWCOMER, 1, 120), caller: optional(string(0, MOST_ADDRESS)), ...TONE }),
);

export const REMOVAL = body({ addresses: list(MEMBER, 1, 30) });
export const HOLD = body({ ...ADDRESS, playMode, voicePath });
export const ONE_MEMBER = MEMBER;
export const MODE = body({ ...ADDRESS, attribute: int(1, 4) });
export const NEW_CHAIR = body({ destAgentNo: int(1, 999_999_999) });
export const MORE_TIME = body({ prolongTime: int(1, MOST_MINUTES) });
export const SIZE = body({ modifyType: int(0, 1), modifyNum: int(2, 118) });
export const ANNOUNCEMENT = body({ playType: optional(int(0, 1)), playMode, voicePath });
export const ANNOUNCEMENT_TO_ONE = HOLD;
export const NOTHING = body({});

export type Address = ValueOf<typeof MEMBER>;

function nullAsZero(field: Field<number>): Field<number> {
  return { read: (value, path, notes) => (value === null ? 0 : field.read(value, path, notes)) };
}
