// Empty on purpose: see "overrides" in the root package.json.
export {};
