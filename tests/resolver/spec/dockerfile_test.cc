#include <gtest/gtest.h>

#include "tests/resolver/spec/sample_spec.h"

namespace kasane::resolver {
namespace {

SpecFiles with_files(const std::string& text) {
  SpecFiles files("Dockerfile", text);
  files.write("conda.yml", "dependencies: [python=3.10]\n");
  files.write("requirements.txt", "numpy\n");
  files.write("src/train.py", "print()\n");
  files.write("src/requirements.txt", "scipy\n");
  return files;
}

EnvironmentSpec read(const std::string& text) { return with_files(text).read("Dockerfile"); }
std::string error_of(const std::string& text) { return with_files(text).error("Dockerfile"); }

TEST(Dockerfile, TakesWhatAzureMlsOwnFilesDo) {
  const EnvironmentSpec spec = read(
      "FROM mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20240901.v1\n"
      "WORKDIR /\n"
      "ENV CONDA_PREFIX=/azureml-envs/x\n"
      "ENV CONDA_DEFAULT_ENV=$CONDA_PREFIX\n"
      "ENV PATH=$CONDA_PREFIX/bin:$PATH\n"
      "ENV LD_LIBRARY_PATH=$CONDA_PREFIX/lib:$LD_LIBRARY_PATH\n"
      "COPY conda.yml .\n"
      "RUN conda env create -p $CONDA_PREFIX -f conda.yml -q && \\\n"
      "    # a comment\n"
      "    rm conda.yml && \\\n"
      "\n"
      "    conda run -p $CONDA_PREFIX pip cache purge && \\\n"
      "    conda clean -a -y\n"
      "RUN pip install --no-cache-dir 'torch>=2' \"einops\" && apt-get clean -y && \\\n"
      "    rm -rf /var/lib/apt/lists/*\n");
  EXPECT_EQ(spec.kind, "dockerfile");
  EXPECT_EQ(spec.base_image->text,
            "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20240901.v1");
  EXPECT_EQ(spec.base_image->place.column, 6);
  EXPECT_EQ(texts(spec.conda), Texts{"python=3.10"});
  EXPECT_EQ(texts(spec.pip), (Texts{"torch>=2", "einops"}));
  EXPECT_EQ(places(spec.pip), (Texts{"14:32", "14:43"}));
  EXPECT_TRUE(spec.variables.empty());
  EXPECT_TRUE(spec.warnings.empty());
}

TEST(Dockerfile, ReplacesArgumentsAndTakesVariables) {
  SpecFiles files = with_files(
      "ARG TAG=1\nFROM --platform=linux/amd64 base:${TAG} AS stage\nARG WHAT=\"a \\\n  b\"\n"
      "ENV ONE=1 TWO=\"t w\\\"o\"\nENV THREE=$ONE/3\nENV OLD form\nRUN pip install ${WHAT}\n");
  const EnvironmentSpec spec = files.read("Dockerfile");
  EXPECT_EQ(spec.base_image->text, "base:1");
  EXPECT_EQ(spec.platforms, Texts{"linux-64"});
  EXPECT_EQ(texts(spec.pip), (Texts{"a", "b"}));
  EXPECT_EQ(spec.variables,
            (std::map<std::string, std::string>{
                {"ONE", "1"}, {"TWO", "t w\"o"}, {"THREE", "1/3"}, {"OLD", "form"}}));
  files.settings = {{"TAG", "2"}};
  EXPECT_EQ(files.read("Dockerfile").base_image->text, "base:2");
}

TEST(Dockerfile, FindsCopiedFilesWhereTheyLieInTheImage) {
  const std::vector<std::string> installs = {
      "COPY requirements.txt .\nRUN pip install -r requirements.txt\n",
      "COPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\n",
      "COPY requirements.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt\n",
      "WORKDIR /app\nCOPY [\"requirements.txt\", \"./\"]\nRUN pip install -r requirements.txt\n",
      "COPY . /app\nRUN cd /app && pip3 install --requirement=./requirements.txt\n",
      "COPY --chown=a:b *.txt /x/\nWORKDIR /x\nRUN python3 -m pip install -q -r requirements.txt\n",
      "ADD requirements.txt /\nRUN [\"/bin/bash\", \"-c\", \"pip install -r /requirements.txt\"]\n",
  };
  for (const std::string& install : installs) {
    EXPECT_EQ(texts(read("FROM base\n" + install).pip), Texts{"numpy"}) << install;
  }
  EXPECT_EQ(texts(read("FROM base\nCOPY src /s\nRUN pip install -r /s/requirements.txt\n").pip),
            Texts{"scipy"});
}

TEST(Dockerfile, TellsWhatIsNotPutIntoTheImage) {
  const EnvironmentSpec spec = read(
      "FROM base\nCOPY src /s\nRUN pip install -r /s/requirements.txt\nEXPOSE 80\nLABEL a=b\n"
      "CMD [\"bash\"]\nUSER root\n");
  EXPECT_EQ(codes(spec.warnings),
            (Texts{"not-taken", "not-taken", "not-taken", "base-environment", "copy-not-taken"}));
}

TEST(Dockerfile, TakesCondaCommands) {
  const EnvironmentSpec spec = read(
      "FROM base\n"
      "RUN conda create -n x -y -q -c conda-forge --channel=pytorch python=3.8 'numpy>=1.20'\n"
      "RUN conda install -n x scipy && conda run -n x python -m pip install --upgrade tqdm\n"
      "RUN /opt/conda/envs/x/bin/pip install six\n");
  EXPECT_EQ(texts(spec.channels), (Texts{"conda-forge", "pytorch"}));
  EXPECT_EQ(texts(spec.conda), (Texts{"python=3.8", "numpy>=1.20", "scipy"}));
  EXPECT_EQ(texts(spec.pip), (Texts{"tqdm", "six"}));
  EXPECT_TRUE(spec.warnings.empty());
}

struct Mistake {
  std::string text;
  std::string error;
};

TEST(Dockerfile, RefusesWhatWouldBeLostAtItsPlace) {
  const std::string take_out =
      "hint: kasane installs packages only: build a base image with it, and take the command "
      "out\n";
  const std::string take_line_out =
      "hint: kasane installs packages only: build a base image with it, and take the line out\n";
  const std::vector<Mistake> mistakes = {
      {"RUN apt-get update && apt-get install -y git vim\n",
       "Dockerfile:2:31: `apt-get install` changes the system: `git`, `vim` would be lost\n"
       "    2 | RUN apt-get update && apt-get install -y git vim\n"
       "      |                               ^^^^^^^\n" +
           take_out},
      {"RUN curl -O x\n",
       "Dockerfile:2:5: what `curl -O x` does would be lost\n"
       "    2 | RUN curl -O x\n"
       "      |     ^^^^\n" +
           take_out},
      {"RUN pip install x || true\n",
       "Dockerfile:2:19: expected plain commands, found `|`\n"
       "    2 | RUN pip install x || true\n"
       "      |                   ^\n"
       "hint: write installs as plain commands joined by `&&`\n"},
      {"RUN pip install --target /x y\n",
       "Dockerfile:2:17: `--target` changes more than which packages are there\n"
       "    2 | RUN pip install --target /x y\n"
       "      |                 ^^^^^^^^\n"
       "hint: kasane would lose it: install without it\n"},
      {"RUN pip uninstall -y x\n",
       "Dockerfile:2:9: what `pip uninstall -y x` does would be lost\n"
       "    2 | RUN pip uninstall -y x\n"
       "      |         ^^^^^^^^^\n" +
           take_out},
      {"RUN pip install $WHAT\n",
       "Dockerfile:2:17: `$WHAT` holds a variable that has no value here\n"
       "    2 | RUN pip install $WHAT\n"
       "      |                 ^^^^^\n"
       "hint: give it one with `ARG NAME=VALUE`, or with `--set NAME=VALUE`\n"},
      {"RUN conda create -n a x && conda create -n b y\n",
       "Dockerfile:2:28: expected one environment, found a second one\n"
       "    2 | RUN conda create -n a x && conda create -n b y\n"
       "      |                            ^^^^^\n"
       "hint: make an image for each environment\n"},
      {"RUN conda create -n a x && conda install -n base y\n",
       "Dockerfile:2:28: expected installs into the environment `a`, found one into `base`\n"
       "    2 | RUN conda create -n a x && conda install -n base y\n"
       "      |                            ^^^^^\n"
       "hint: an environment of the base image stays as it is: build it into the base image\n"},
      {"COPY src /s\n",
       "Dockerfile:2:1: `src` would not be in the image\n"
       "    2 | COPY src /s\n"
       "      | ^^^^^^^^^^^\n"
       "hint: kasane installs packages only: take the line out, or build it into a base image\n"},
      {"COPY missing.txt .\n",
       "Dockerfile:2:1: no such file `missing.txt`\n"
       "    2 | COPY missing.txt .\n"
       "      | ^^^^^^^^^^^^^^^^^^\n"
       "hint: the context is `.`\n"},
      {"COPY --from=other /a /b\n",
       "Dockerfile:2:1: `--from=other` takes files from elsewhere than the context\n"
       "    2 | COPY --from=other /a /b\n"
       "      | ^^^^^^^^^^^^^^^^^^^^^^^\n"
       "hint: the image would lack them: copy from the context only\n"},
      {"FROM second\n",
       "Dockerfile:2:1: expected one stage, found a second `FROM`\n"
       "    2 | FROM second\n"
       "      | ^^^^^^^^^^^\n" +
           take_line_out},
      {"USER app\n",
       "Dockerfile:2:1: the image would not run as the user `app`\n"
       "    2 | USER app\n"
       "      | ^^^^^^^^\n" +
           take_line_out},
      {"ENTRYPOINT [\"x\"]\n",
       "Dockerfile:2:1: what `ENTRYPOINT` says would be lost\n"
       "    2 | ENTRYPOINT [\"x\"]\n"
       "      | ^^^^^^^^^^^^^^^^\n" +
           take_line_out},
      {"ENV PATH=/tools/bin:$PATH\n",
       "Dockerfile:2:5: `/tools/bin` in `PATH` would be lost\n"
       "    2 | ENV PATH=/tools/bin:$PATH\n"
       "      |     ^^^^^^^^^^^^^^^^^^^^^\n"
       "hint: kasane sets it to the environment's own directories and the base image's\n"},
      {"ENV A=1 B C=2\n",
       "Dockerfile:2:9: expected `NAME=VALUE`, found `B C=2`\n"
       "    2 | ENV A=1 B C=2\n"
       "      |         ^^^^^\n"},
      {"RUN FLAG=1 pip install x\n",
       "Dockerfile:2:5: `FLAG` is set for one command: what it does to an install would be lost\n"
       "    2 | RUN FLAG=1 pip install x\n"
       "      |     ^^^^^^\n" +
           take_out},
      {"RUN pip install \\\n  numpy=1 \\\n  scipy\n",
       "Dockerfile:3:3: unknown version operator `=` in `numpy=1`\n"
       "    3 |   numpy=1 \\\n"
       "      |   ^^^^^^^\n"
       "hint: write `numpy==1`: pip knows no single `=`\n"},
  };
  for (const Mistake& mistake : mistakes) {
    EXPECT_EQ(error_of("FROM base\n" + mistake.text), mistake.error) << mistake.text;
  }
}

TEST(SetupScript, TakesUpInstallsAndLeavesTheRest) {
  SpecFiles files("setup.sh",
                  "#!/bin/bash\necho \"Running\"\nsudo pip install torch==2.0 \\\n  einops  # why\n"
                  "pip3 install -r requirements.txt && python train.py\n"
                  "if [ -n \"$GPU\" ]; then\n  pip install cupy\nfi\n"
                  "cat <<EOF > x\npip install no\nEOF\n"
                  "pip install $MORE\nexport A=$PWD\nnvidia-smi | tee log\n");
  files.write("requirements.txt", "numpy\n");
  const EnvironmentSpec spec = files.read("setup.sh");
  EXPECT_EQ(spec.kind, "setup-script");
  EXPECT_EQ(texts(spec.pip), (Texts{"torch==2.0", "einops", "numpy"}));
  EXPECT_EQ(places(spec.pip), (Texts{"3:18", "4:3", "1:1"}));
  EXPECT_EQ(codes(spec.warnings), (Texts{"install-not-taken", "install-not-taken"}));
  EXPECT_EQ(spec.warnings[0].message,
            "setup.sh:7: the install is left to the script: it runs under a condition or in a "
            "loop");
}

TEST(SetupScript, IsRecognisedWithoutItsFirstLine) {
  EXPECT_EQ(texts(spec_of("echo \"Running setup script\"\npip install numpy\n", "s").pip),
            Texts{"numpy"});
  EXPECT_EQ(spec_of("echo\n", "r.txt").kind, "requirements");
  EXPECT_EQ(spec_of("pip >=20\nset\n", "r.txt").kind, "requirements");
  EXPECT_EQ(spec_error("#!/bin/sh\nls\n", "s.sh"),
            "s.sh: the script installs nothing that could be taken up\n"
            "hint: `pip install` and `conda install` lines are taken up that run "
            "unconditionally\n");
}

}  // namespace
}  // namespace kasane::resolver
