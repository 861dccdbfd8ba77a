#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

TEST(AzureMlEnvironment, TakesImageAndCondaFile) {
  SpecFiles files("env/azure.yml",
                  "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
                  "name: azure\nversion: 1\nimage: example.org/base:1\nconda_file: ../conda.yml\n");
  files.write("conda.yml", "name: inner\ndependencies:\n- python=3.10\n");
  const EnvironmentSpec spec = files.read("env/azure.yml");
  EXPECT_EQ(spec.kind, "azureml-environment");
  EXPECT_EQ(spec.name, "azure");
  EXPECT_EQ(spec.base_image->text, "example.org/base:1");
  EXPECT_EQ(spec.base_image->place.line, 4);
  EXPECT_EQ(texts(spec.conda), Texts{"python=3.10"});
  EXPECT_EQ(spec.conda[0].place.file, "conda.yml");
  EXPECT_EQ(spec.sources, (Texts{"env/azure.yml", "conda.yml"}));
}

TEST(AzureMlEnvironment, TakesAnInlineMap) {
  const EnvironmentSpec spec =
      spec_of("name: a\nimage: b\nconda_file:\n  channels: [c]\n  dependencies: [d, {pip: [e]}]\n");
  EXPECT_EQ(texts(spec.channels), Texts{"c"});
  EXPECT_EQ(texts(spec.conda), Texts{"d"});
  EXPECT_EQ(texts(spec.pip), Texts{"e"});
}

TEST(AzureMlEnvironment, BuildsFromADockerfile) {
  SpecFiles files("e.yml",
                  "name: a\nbuild:\n  path: context/\n  dockerfile_path: sub/Dockerfile\n");
  files.write("context/sub/Dockerfile", "FROM base:1\nCOPY r.txt .\nRUN pip install -r r.txt\n");
  files.write("context/r.txt", "numpy\n");
  const EnvironmentSpec spec = files.read("e.yml");
  EXPECT_EQ(spec.kind, "azureml-environment");
  EXPECT_EQ(spec.base_image->text, "base:1");
  EXPECT_EQ(texts(spec.pip), Texts{"numpy"});
  EXPECT_EQ(spec.pip[0].place.file, "context/r.txt");
}

struct Mistake {
  std::string text;
  std::string error;
};

TEST(AzureMlEnvironment, PointsAtMistakes) {
  const std::vector<Mistake> mistakes = {
      {"image: a\ndependencies: [b]\n",
       "e.yml:2:1: `dependencies` has no place at the top of an Azure ML environment\n"
       "    2 | dependencies: [b]\n"
       "      | ^^^^^^^^^^^^\n"
       "hint: put `channels` and `dependencies` below `conda_file:`\n"},
      {"image: a\nos_type: windows\n",
       "e.yml:2:10: expected `linux` for `os_type`, found `windows`\n"
       "    2 | os_type: windows\n"
       "      |          ^^^^^^^\n"
       "hint: kasane builds Linux images only\n"},
      {"conda_file: c.yml\n",
       "e.yml:1:1: expected `image` or `build` in an Azure ML environment\n"
       "    1 | conda_file: c.yml\n"
       "      | ^^^^^^^^^^\n"
       "hint: name the base image with `image:`\n"},
      {"image: a\nbuild: {path: b}\n",
       "e.yml:2:1: expected either `image` or `build`, found both\n"
       "    2 | build: {path: b}\n"
       "      | ^^^^^\n"},
      {"image: a\nconda_flie: c.yml\n",
       "e.yml:2:1: unknown key `conda_flie` in an Azure ML environment\n"
       "    2 | conda_flie: c.yml\n"
       "      | ^^^^^^^^^^\n"
       "hint: did you mean `conda_file`?\n"},
      {"image: a\nconda_file: c.yml\n",
       "e.yml:2:13: no such file `c.yml`\n"
       "    2 | conda_file: c.yml\n"
       "      |             ^^^^^\n"},
      {"build:\n  path: https://github.com/example/context.git\n",
       "e.yml:2:9: expected a path beside this file, found a URL\n"
       "    2 |   path: https://github.com/example/context.git\n"
       "      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
       "hint: check it out, and name the copy\n"},
      {"image: \"{{image.name}}\"\n",
       "e.yml:1:9: the template `{{image.name}}` has no value\n"
       "    1 | image: \"{{image.name}}\"\n"
       "      |         ^^^^^^^^^^^^^^\n"
       "hint: give it one with `--set 'image.name=VALUE'`\n"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(spec_error(mistake.text), mistake.error) << mistake.text;
  }
}

TEST(AzureMlV1, TakesAnEnvironmentOfTheFirstCommandLine) {
  const EnvironmentSpec spec = spec_of(
      "{\n\t\"name\": \"v1\", // a comment\n"
      "\t\"environmentVariables\": {\"A\": \"1\"},\n"
      "\t\"python\": {\"userManagedDependencies\": false, \"condaDependencies\":\n"
      "\t\t{\"channels\": [\"c\"], \"dependencies\": [\"python=3.8\", {\"pip\": [\"x\"]}]}},\n"
      "\t\"docker\": {\"baseImage\": \"azureml/base:1\", \"baseImageRegistry\": "
      "{\"address\": \"mcr.microsoft.com\"}},\n"
      "\t\"spark\": {\"packages\": [\"s\"]}, \"databricks\": {\"jarLibraries\": []}\n}\n",
      "azureml_environment.json");
  EXPECT_EQ(spec.kind, "azureml-v1-environment");
  EXPECT_EQ(spec.name, "v1");
  EXPECT_EQ(spec.base_image->text, "mcr.microsoft.com/azureml/base:1");
  EXPECT_EQ(texts(spec.conda), Texts{"python=3.8"});
  EXPECT_EQ(places(spec.conda), Texts{"5:41"});
  EXPECT_EQ(texts(spec.pip), Texts{"x"});
  EXPECT_EQ(spec.variables, (std::map<std::string, std::string>{{"A", "1"}}));
  EXPECT_EQ(codes(spec.warnings), (Texts{"pip-implied", "section-not-taken"}));
}

TEST(AzureMlV1, LeavesPackagesToAnImageThatIsUserManaged) {
  const EnvironmentSpec spec = spec_of(
      "name: a\ndocker: {baseImage: b}\npython:\n  userManagedDependencies: true\n"
      "  condaDependencies: {dependencies: [c]}\n");
  EXPECT_TRUE(spec.conda.empty());
  EXPECT_EQ(codes(spec.warnings), Texts{"user-managed"});
}

TEST(AzureMlV1, TakesARunConfigurationAndItsFileBesideTheProject) {
  SpecFiles files(".azureml/train.runconfig",
                  "script: train.py\nframework: Python\nenvironment:\n  name: r\n  docker:\n"
                  "    baseImage: DEFAULT_GPU_IMAGE\n  python:\n"
                  "    condaDependenciesFile: conda.yml\n    baseCondaEnvironment:\n");
  files.write("conda.yml", "dependencies: [python=3.9]\n");
  const EnvironmentSpec spec = files.read(".azureml/train.runconfig");
  EXPECT_EQ(spec.kind, "azureml-runconfig");
  EXPECT_EQ(texts(spec.conda), Texts{"python=3.9"});
  EXPECT_FALSE(spec.base_image);
  EXPECT_EQ(codes(spec.warnings), Texts{"sdk-image"});
}

TEST(AzureMlV1, RefusesAnEnvironmentOnTopOfAnother) {
  EXPECT_EQ(spec_error("name: a\npython: {baseCondaEnvironment: b}\n"),
            "e.yml:2:32: expected an environment that is complete, found one on top of `b`\n"
            "    2 | python: {baseCondaEnvironment: b}\n"
            "      |                                ^\n"
            "hint: put all packages into the conda dependencies, and `baseCondaEnvironment` to "
            "null\n");
}

TEST(AzureMlJob, HoldsSeveralEnvironmentsAndNamesReferences) {
  SpecFiles files("p/pipeline.yml",
                  "type: pipeline\njobs:\n  a:\n    environment: azureml:x@latest\n"
                  "  b:\n    component: ./b.yml\n  c:\n    environment: {image: i}\n"
                  "  d:\n    component: azureml:d:1\n"
                  "  e:\n    task:\n      environment: {image: j, conda_file: c.yml}\n"
                  "  f:\n    component: file:./b.yml\n");
  files.write("p/b.yml", "command: x\nenvironment: {docker: {image: k}, conda: {}, os: Linux}\n");
  files.write("p/c.yml", "dependencies: [python]\n");
  const EnvironmentSpec spec = files.read("p/pipeline.yml");
  EXPECT_EQ(spec.kind, "azureml-pipeline");
  EXPECT_EQ(texts(spec.references), (Texts{"azureml:x@latest", "azureml:d:1"}));
  ASSERT_EQ(spec.environments.size(), 3U);
  EXPECT_EQ(spec.environments[0].name, "jobs.b.component.environment");
  EXPECT_EQ(spec.environments[0].base_image->text, "k");
  EXPECT_EQ(spec.environments[1].name, "jobs.c.environment");
  EXPECT_EQ(spec.environments[2].name, "jobs.e.task.environment");
  EXPECT_EQ(texts(spec.environments[2].conda), Texts{"python"});
  EXPECT_EQ(spec.sources, (Texts{"p/pipeline.yml", "p/b.yml", "p/c.yml"}));
}

TEST(AzureMlJob, WithOneEnvironmentIsThatEnvironment) {
  const EnvironmentSpec spec = spec_of(
      "command: pip install einops && python train.py ${{inputs.x}}\n"
      "environment:\n  image: i\n  conda_file: {dependencies: [python=3.9]}\n");
  EXPECT_EQ(spec.kind, "azureml-job");
  EXPECT_EQ(spec.name, "environment");
  EXPECT_EQ(spec.base_image->text, "i");
  EXPECT_EQ(texts(spec.conda), Texts{"python=3.9"});
  EXPECT_EQ(texts(spec.pip), Texts{"einops"});
  EXPECT_TRUE(spec.environments.empty());
}

TEST(AzureMlJob, TakesUpWhatItsCommandInstalls) {
  const EnvironmentSpec spec = spec_of(
      "command: |\n  pip install einops 'numpy<2'\n  python train.py ${{inputs.x}}\n"
      "environment: {image: i}\n");
  EXPECT_EQ(texts(spec.pip), (Texts{"einops", "numpy<2"}));
}

TEST(AzureMlJob, RefusesAFileThatNamesNoEnvironment) {
  EXPECT_EQ(spec_error("type: spark\njobs: {}\n"),
            "e.yml:1: the file names no environment\n"
            "    1 | type: spark\n"
            "hint: a job names one with `environment:`\n");
}

TEST(MlflowModel, ReadsTheCondaFileOfAFolder) {
  SpecFiles files("m/MLmodel", "flavors:\n  python_function:\n    env: {conda: c.yaml}\n");
  files.write("m/c.yaml", "dependencies: [python=3.10, pip, {pip: [mlflow]}]\n");
  const EnvironmentSpec spec = files.read("m");
  EXPECT_EQ(spec.kind, "mlflow-model");
  EXPECT_EQ(texts(spec.pip), Texts{"mlflow"});
  EXPECT_EQ(spec.sources, (Texts{"m/MLmodel", "m/c.yaml"}));
}

TEST(MlflowModel, ReadsAPythonEnvironment) {
  SpecFiles files("python_env.yaml",
                  "python: 3.8.16\nbuild_dependencies:\n- pip==22.3.1\n- wheel\ndependencies:\n"
                  "- --no-cache-dir -r requirements.txt\n");
  files.write("requirements.txt", "mlflow\n");
  const EnvironmentSpec spec = files.read("python_env.yaml");
  EXPECT_EQ(spec.kind, "mlflow-python-env");
  EXPECT_EQ(spec.python->text, "==3.8.16");
  EXPECT_EQ(texts(spec.pip), (Texts{"pip==22.3.1", "wheel", "mlflow"}));
  files.write("python_env.yaml", "python: \"3.10\"\ndependencies: []\n");
  EXPECT_EQ(files.read("python_env.yaml").python->text, "3.10.*");
}

TEST(Documents, ThatAreNoSpecificationAreNamed) {
  EXPECT_EQ(spec_error("{\n  \"image\": \"x\",\n  \"customizations\": {},\n}\n", "d.json"),
            "d.json:3:4: expected a specification, found a devcontainer.json: it says how an "
            "editor uses an image\n"
            "    3 |   \"customizations\": {},\n"
            "      |    ^^^^^^^^^^^^^^\n");
  EXPECT_EQ(spec_error("title: x\nauthor: y\n"),
            "e.yml:1: the keys of this file are those of no specification\n"
            "    1 | title: x\n"
            "hint: an environment.yml has `dependencies`; docs/specifications.md names what is "
            "read\n");
  EXPECT_EQ(spec_error("name: x\ndependancies: [a]\n"),
            "e.yml:2:1: unknown key `dependancies`\n"
            "    2 | dependancies: [a]\n"
            "      | ^^^^^^^^^^^^\n"
            "hint: did you mean `dependencies`?\n");
  SpecFiles files("d/readme", "x\n");
  EXPECT_EQ(files.error("d"),
            "d: expected a specification, found a directory\n"
            "hint: name a file in it; of directories, models of MLflow are read\n");
}

}  // namespace
}  // namespace kasane::resolver
