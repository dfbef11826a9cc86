import "./before.cjs";

// What is said there holds for what is loaded after it: hence no import as the others.
await import("./run.ts");
