import { scenarioTests } from "../scenarios/tests.ts";
import { framework } from "./scene.ts";

scenarioTests(framework);
