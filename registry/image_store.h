#pragma once

#include "registry/descriptor.h"
#include "registry/image_config.h"
#include "registry/image_source.h"
#include "registry/image_target.h"
#include "registry/manifest.h"
#include "registry/media_type.h"
