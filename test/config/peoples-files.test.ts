import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { APP_SECRET, least, load, mistakesOf, TOKEN_SECRET } from "./surroundings.ts";

const { GATEWAY_URL } = least;
const BOM = "\ufeff";
const utf16 = (text: string) => Buffer.from(`${BOM}${text}`, "utf16le");

const named = (...given: Parameters<typeof mistakesOf>) =>
  mistakesOf(...given).map(({ name, message }) => `${name}: ${message}`);

suite("A .env as editors and tools leave it", () => {
  test("has its first variable, whatever mark stands in front", () => {
    const files = { "/site/.env": `${BOM}JWT_AUDIENCE=conferences\nJWT_SECRET=${APP_SECRET}\n` };
    assert.equal(load({ GATEWAY_URL }, files).tokens.app?.audience, "conferences");
  });

  test("may have line ends of Windows, and of old Macs", () => {
    for (const end of ["\r\n", "\r", "\n"]) {
      const text = ["HOST=127.0.0.1", "", "# a comment", "PORT=4000", `TOKEN_SECRET=${TOKEN_SECRET}`].join(end);
      const { http, tokens, warnings } = load({ GATEWAY_URL }, { "/site/.env": text });
      assert.deepEqual([http.host, http.port, tokens.ownSecrets], ["127.0.0.1", 4000, [TOKEN_SECRET]]);
      assert.deepEqual(warnings, []);
    }
  });

  test("has blanks behind a value taken off, which is told; those before a comment are its own", () => {
    const text = `TOKEN_SECRET=${TOKEN_SECRET} \nJWT_AUDIENCE=conferences\u00a0\t\nJWT_SECRET=${APP_SECRET} # ours \nHOST= \n`;
    const { tokens, warnings } = load({ GATEWAY_URL }, { "/site/.env": text });
    assert.deepEqual([tokens.ownSecrets, tokens.app?.audience], [[TOKEN_SECRET], "conferences"]);
    const told = (name: string) => `${name}: blanks or line breaks round the value were taken off`;
    assert.deepEqual(
      warnings.filter((warning) => warning.includes("taken off")),
      [told("JWT_AUDIENCE"), told("TOKEN_SECRET")],
    );
  });

  test("loses no line to an empty value before it", () => {
    const text = `HOST= \nJWT_AUDIENCE=conferences\nJWT_SECRET=${APP_SECRET}`;
    const { http, tokens } = load({ GATEWAY_URL }, { "/site/.env": text });
    assert.deepEqual([http.host, tokens.app?.audience], ["0.0.0.0", "conferences"]);
  });

  test("may quote a value, which then holds what would end it otherwise", () => {
    const text = `export JWT_AUDIENCE = "a # b" # a comment\nJWT_ISSUER='"x"y'\nJWT_SECRET=\`${APP_SECRET} #\` `;
    const app = load({ GATEWAY_URL }, { "/site/.env": text }).tokens.app;
    assert.deepEqual([app?.audience, app?.issuer], ["a # b", '"x"y']);
    assert.deepEqual(app?.keys, { kind: "secrets", secrets: [`${APP_SECRET} #`] });
  });

  test("is refused where quotes stand round a value that does not need them, whatever they are", () => {
    for (const value of ['"conferences"', "'conferences'", "`conferences`", '""', '"https://issuer.example/a"']) {
      const mistakes = named(least, { "/site/.env": `JWT_AUDIENCE=${value}\n` }).join("\n");
      assert.match(mistakes, /line 1: JWT_AUDIENCE stands in quotes that it does not need/, value);
    }
  });

  test("that is UTF-16 is refused by its name", () => {
    for (const bytes of [utf16(`TOKEN_SECRET=${TOKEN_SECRET}`), Buffer.from("TOKEN_SECRET=x", "utf16le")]) {
      assert.match(named(least, { "/site/.env": bytes }).join(), /^\.env: the file is UTF-16/);
    }
    assert.match(named(least, { "/site/.env": Buffer.from([0x41, 0x3d, 0xe4, 0x0a]) }).join(), /^\.env: .*not UTF-8/);
  });

  test("is refused where a line, a quote or a # leaves open what is meant, and nothing of it is quoted", () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      ["PORT=1\nJWT_SECRET: mArKeD", /line 2 is not NAME=value/],
      ["JWT_SECRET", /line 1 is not/],
      ['TOKEN_SECRET="mArKeD', /line 1: TOKEN_SECRET has a quote that is not closed/],
      ['TOKEN_SECRET="a"mArKeD', /line 1: TOKEN_SECRET has something behind its quotes/],
      ["\n\nTOKEN_SECRET=mArKeD#def", /line 3: TOKEN_SECRET has a # within/],
      // The second half of a secret that was pasted with a line break, and may end as base64 does.
      [
        `JWT_SECRET=${APP_SECRET}\nsecond.mArKeD="`,
        /line 2: a variable that is no setting has a quote that is not closed/,
      ],
    ];
    for (const [text, message] of wrong) {
      const mistakes = named(least, { "/site/.env": text });
      assert.match(mistakes.join("\n"), message);
      assert.doesNotMatch(mistakes.join("\n"), /mArKeD/);
    }
  });
});

suite("A value as people hand it over", () => {
  const around = (text: string) => [
    `${text} `,
    ` ${text}`,
    `${text}\r`,
    `${text}\r\n`,
    `\t${text}\n\n`,
    `${BOM}${text}`,
    `\u00a0${text}\u200b`,
  ];

  test("loses the blanks and line breaks round it, with a warning that names it", () => {
    for (const secret of around(TOKEN_SECRET)) {
      const { tokens, warnings } = load({ GATEWAY_URL, TOKEN_SECRET: secret });
      assert.deepEqual(tokens.ownSecrets, [TOKEN_SECRET]);
      assert.deepEqual(warnings, ["TOKEN_SECRET: blanks or line breaks round the value were taken off"]);
    }
    for (const PORT of around("4000")) {
      const { http, warnings } = load({ ...least, PORT });
      assert.deepEqual([http.port, warnings.length], [4000, 1]);
    }
  });

  test("in a secret's file loses them too; one line break at the end is nothing to speak of", () => {
    const file = (text: string | Buffer) => load({ GATEWAY_URL, TOKEN_SECRET_FILE: "token" }, { "/site/token": text });
    for (const text of [`${TOKEN_SECRET}\n`, `${TOKEN_SECRET}\r\n`, `${BOM}${TOKEN_SECRET}`]) {
      const { tokens, warnings } = file(text);
      assert.deepEqual([tokens.ownSecrets, warnings], [[TOKEN_SECRET], []]);
    }
    for (const text of [`${TOKEN_SECRET} \n`, `${TOKEN_SECRET}\n\n`, ` ${TOKEN_SECRET}`]) {
      const { tokens, warnings } = file(text);
      assert.deepEqual([tokens.ownSecrets, warnings.length], [[TOKEN_SECRET], 1]);
      assert.match(warnings[0] ?? "", /^TOKEN_SECRET_FILE: /);
    }
  });

  test("that stands in quotes is refused by its name, in a variable and in a file", () => {
    for (const [open, close] of ['""', "''", "``", "\u201c\u201d", "\u201e\u201c", "\u2018\u2019", "\u00ab\u00bb"].map(
      (pair) => [...pair],
    )) {
      const quoted = `${open}${TOKEN_SECRET}${close}`;
      const message = "stands in quotes, which would be a part of it: take them out";
      assert.deepEqual(mistakesOf({ GATEWAY_URL, TOKEN_SECRET: quoted }), [{ name: "TOKEN_SECRET", message }]);
      assert.deepEqual(mistakesOf({ GATEWAY_URL, TOKEN_SECRET_FILE: "token" }, { "/site/token": `${quoted}\n` }), [
        { name: "TOKEN_SECRET_FILE", message },
      ]);
      assert.deepEqual(mistakesOf({ ...least, HOST: `${open}127.0.0.1${close}` }), [{ name: "HOST", message }]);
    }
    assert.deepEqual(named({ ...least, JWT_AUDIENCE: '""' }).length, 1, "an env-file whose reader leaves quotes in");
    const within = `it's-"a"-secret-${"x".repeat(32)}`;
    assert.deepEqual(load({ GATEWAY_URL, TOKEN_SECRET: within }).tokens.ownSecrets, [within]);
  });

  test("is found under a name with a mark in front, as some tools read the first line of a file", () => {
    const { tokens } = load({ GATEWAY_URL, [`${BOM}JWT_AUDIENCE`]: "conferences", JWT_SECRET: APP_SECRET });
    assert.equal(tokens.app?.audience, "conferences");
  });

  test("in a file of UTF-16 is refused by the name that names it", () => {
    const files = { "/site/file": utf16(TOKEN_SECRET) };
    assert.match(named({ GATEWAY_URL, TOKEN_SECRET_FILE: "file" }, files).join(), /^TOKEN_SECRET_FILE: .*UTF-16/);
    for (const name of ["GATEWAY_CA_FILE", "JWT_PUBLIC_KEY_FILE", "JWT_CA_FILE"]) {
      const others = { ...least, JWT_ALGORITHMS: "RS256", [name]: "file" };
      assert.match(named(others, files).join("\n"), new RegExp(`^${name}: .*UTF-16`, "m"));
    }
  });
});

suite("A site's own table", () => {
  const table = (name: string, text: string | Buffer) => ({ [`config/${name}.site.json`]: text });

  test("may begin with a mark and have line ends of Windows", () => {
    const { retcodes } = load(least, table("retcodes", `${BOM}{\r\n "100-007": {"retry": true}\r\n}\r\n`)).gateway;
    assert.equal(retcodes.get("100-007")?.retry, true);
  });

  test("that is UTF-16 is refused by its name", () => {
    assert.match(named(least, table("retcodes", utf16("{}"))).join(), /^config\/retcodes\.site\.json: .*UTF-16/);
  });

  test("loses the blanks round a text, with a warning; a text in quotes is refused", () => {
    const { gateway, warnings } = load(least, table("sign-in", '{"entryIp": " 10.1.2.3\\n", "ip": "10.1.2.3"}'));
    assert.equal(gateway.signInFields.entryIp, "10.1.2.3");
    assert.deepEqual(warnings, [
      "config/sign-in.site.json: entryIp: blanks or line breaks round the value were taken off",
    ]);
    assert.match(
      named(least, table("sign-in", '{"entryIp": "\'10.1.2.3\'"}')).join(),
      /sign-in.*entryIp: stands in quotes/,
    );
  });
});
